/** The picture of a run in an output, as `run_html` of kfnb/drawing makes it. */

/** The media type by which an output shows a widget. */
export const WIDGET_VIEW = 'application/vnd.jupyter.widget-view+json';

const LIVING = /^<div class="kfnb-run" data-living="([^"]+)">/;

/** Return the id of the run that is pictured, if it had not ended: then the picture may have grown old. */
export function livingRun(data: Readonly<Record<string, unknown>>): string | null {
  const html = data['text/html'];
  return LIVING.exec(Array.isArray(html) ? html.join('') : String(html))?.[1] ?? null;
}

/** Return an output's data with a new picture, and without the widget that it is of. */
export function redrawnData(
  data: Readonly<Record<string, unknown>>,
  picture: Readonly<Record<string, unknown>>
): Record<string, unknown> {
  const redrawn = { ...data, ...picture };
  delete redrawn[WIDGET_VIEW];
  return redrawn;
}
