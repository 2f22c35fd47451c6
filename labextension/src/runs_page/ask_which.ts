/** Asks which of several is meant. */

import { InputDialog } from '@jupyterlab/apputils';

export interface WhichWords {
  readonly title: string;
  readonly label: string;
  readonly okLabel: string;
}

/** Return the place of the one that was chosen; null: none was. */
export async function askWhich(items: readonly string[], words: WhichWords): Promise<number | null> {
  const answer = await InputDialog.getItem({ ...words, items: [...items] });
  const place = items.indexOf(answer.value ?? '');
  return answer.button.accept && place >= 0 ? place : null;
}
