/** The style sheet of a run in a notebook's output. */

export const WIDGET_STYLE = `
.kfnb-live{font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;
  color:var(--jp-ui-font-color1,#1f2933);background:var(--jp-layout-color1,#fff);padding:4px}
.kfnb-live-state{border:1px solid;border-radius:4px;padding:0 6px;margin-left:4px}
.kfnb-live-why{border-left:3px solid var(--jp-error-color1,#c23b32);padding-left:6px;margin-top:2px}
.kfnb-live-graph{border:1px solid var(--jp-border-color2,#e0e0e0);border-radius:4px;margin-top:4px;overflow:hidden}
.kfnb-live-details{border:1px solid var(--jp-border-color2,#e0e0e0);border-radius:4px;margin-top:4px;padding:4px 8px}
.kfnb-live-details[hidden]{display:none}
.kfnb-live-details header{display:flex;align-items:center;justify-content:space-between}
.kfnb-live-details h4,.kfnb-live-details p{margin:2px 0;font-size:13px}
.kfnb-live-details button{border:none;background:none;color:inherit;cursor:pointer}
.kfnb-live-log{max-height:220px;overflow:auto;margin:4px 0;padding:4px;white-space:pre-wrap;font-size:12px;
  font-family:var(--jp-code-font-family,monospace);background:var(--jp-layout-color2,#f4f4f4)}
`;
