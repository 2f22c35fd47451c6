/** The graph's style sheet, in JupyterLab's colours with fallbacks for pages that have none. */

export const GRAPH_STYLE = `
.kfnb-graph{position:relative;display:flex;flex-direction:column;height:100%;min-height:120px;overflow:hidden;
  color:var(--jp-ui-font-color1,#1f2933);background:var(--jp-layout-color1,#fff);
  font-family:var(--jp-ui-font-family,system-ui,sans-serif)}
.kfnb-graph-canvas{flex:1 1 auto;width:100%;min-height:0;display:block;touch-action:none;cursor:grab}
.kfnb-graph-canvas.kfnb-mod-dragging{cursor:grabbing}
.kfnb-graph-tools{position:absolute;top:4px;right:4px;display:flex;gap:2px}
.kfnb-graph-tools button{min-width:24px;height:24px;padding:0 6px;border-radius:3px;cursor:pointer;
  border:1px solid var(--jp-border-color1,#bdbdbd);color:var(--jp-ui-font-color1,#1f2933);
  background:var(--jp-layout-color1,#fff);font-size:12px}
.kfnb-graph-tools button:hover{background:var(--jp-layout-color2,#eee)}
.kfnb-graph-tools button:focus-visible{outline:2px solid var(--jp-brand-color1,#2f74c0)}
.kfnb-graph-empty{margin:auto;padding:12px;color:var(--jp-ui-font-color2,#5c6b7a)}
.kfnb-graph-node{cursor:pointer;outline:none}
.kfnb-graph-paper{fill:var(--jp-layout-color1,#fff)}
.kfnb-graph-ground{fill-opacity:.13}
.kfnb-graph-frame{fill:none;stroke-width:1.5}
.kfnb-graph-shadow{fill:var(--jp-layout-color2,#eee);stroke:var(--jp-border-color1,#bdbdbd)}
.kfnb-graph-node:hover .kfnb-graph-frame{stroke-width:2.5}
.kfnb-graph-node.kfnb-mod-selected .kfnb-graph-frame{stroke-width:3}
.kfnb-graph-node:focus-visible .kfnb-graph-frame{stroke:var(--jp-brand-color1,#2f74c0)!important;stroke-width:3;
  stroke-dasharray:5 3}
.kfnb-graph-node text{fill:var(--jp-ui-font-color1,#1f2933);user-select:none}
.kfnb-graph-name{font-size:13px;font-weight:600}
.kfnb-graph-state{font-size:11px;font-variant-numeric:tabular-nums}
.kfnb-graph-node text.kfnb-graph-badge{font-size:9.5px;text-anchor:middle}
.kfnb-graph-pill{fill:var(--jp-layout-color2,#eee);stroke:var(--jp-border-color1,#bdbdbd);stroke-width:.8}
.kfnb-graph-foldground{fill:var(--jp-layout-color2,#eee)}
.kfnb-graph-fold{font-size:14px;text-anchor:middle}
.kfnb-graph-edge{fill:none;stroke:var(--jp-ui-font-color3,#7a8794);stroke-width:1.4}
.kfnb-graph-edge.kfnb-mod-order{stroke-dasharray:5 4}
.kfnb-graph-edge.kfnb-mod-near{stroke:var(--jp-brand-color1,#2f74c0);stroke-width:2.2}
.kfnb-graph-arrow{fill:var(--jp-ui-font-color3,#7a8794);fill:context-stroke}
.kfnb-graph-label{font-size:10.5px;text-anchor:middle;fill:var(--jp-ui-font-color1,#35424f);
  paint-order:stroke;stroke:var(--jp-layout-color1,#fff);stroke-width:3px;stroke-linejoin:round}
.kfnb-graph-label.kfnb-mod-near{font-weight:600}
@media (prefers-reduced-motion:no-preference){
  .kfnb-graph-node[data-state=RUNNING] .kfnb-graph-ground{animation:kfnb-breathe 1.6s ease-in-out infinite alternate}
  @keyframes kfnb-breathe{from{fill-opacity:.08}to{fill-opacity:.24}}
}
`;
