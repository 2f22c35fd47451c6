/** The style sheet of a run in a notebook's output. */

export const WIDGET_STYLE = `
.kfnb-run{font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;
  color:var(--jp-ui-font-color1,#1f2933);background:var(--jp-layout-color1,#fff);padding:4px}
.kfnb-run-state{border:1px solid;border-radius:4px;padding:0 6px;margin-left:4px}
.kfnb-run-why{color:var(--jp-error-color1,#c23b32);margin-top:2px}
.kfnb-run-graph{border:1px solid var(--jp-border-color2,#e0e0e0);border-radius:4px;margin-top:4px;overflow:hidden}
.kfnb-run-details{border:1px solid var(--jp-border-color2,#e0e0e0);border-radius:4px;margin-top:4px;padding:4px 8px}
.kfnb-run-details[hidden]{display:none}
.kfnb-run-details header{display:flex;align-items:center;justify-content:space-between}
.kfnb-run-details h4,.kfnb-run-details p{margin:2px 0;font-size:13px}
.kfnb-run-details button{border:none;background:none;color:inherit;cursor:pointer}
.kfnb-run-log{max-height:220px;overflow:auto;margin:4px 0;padding:4px;white-space:pre-wrap;font-size:12px;
  font-family:var(--jp-code-font-family,monospace);background:var(--jp-layout-color2,#f4f4f4)}
`;
