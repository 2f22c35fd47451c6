/** The plain forms of widgets in outputs: the picture of a run, as `run_html` of kfnb/drawing makes it, and others. */

/** The media type by which an output shows a widget. */
export const WIDGET_VIEW = 'application/vnd.jupyter.widget-view+json';

const LIVING = /^<div class="kfnb-run" data-living="([^"]+)">/;

const STILL = /^<div class="kfnb-(comparison|runs)">/;

function htmlOf(data: Readonly<Record<string, unknown>>): string {
  const html = data['text/html'];
  return Array.isArray(html) ? html.join('') : String(html);
}

/** Whether a comparison or a list of runs is shown by a widget, beside a plain form that is right without it. */
export function hasStillWidget(data: Readonly<Record<string, unknown>>): boolean {
  return WIDGET_VIEW in data && STILL.test(htmlOf(data));
}

/** Return the id of the run that is pictured, if it had not ended: then the picture may have grown old. */
export function livingRun(data: Readonly<Record<string, unknown>>): string | null {
  return LIVING.exec(htmlOf(data))?.[1] ?? null;
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
