/** Asks which element of a fan-out is to be shown, and shows it. */

import { InputDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { elementName } from '../model/run_state';
import { fanOutOf } from '../run/looked_at';
import type { RunSession } from '../run/session';
import { boundsOf, elementNumber } from './element_field';

/** Show an element of the fan-out that was clicked, or of which an element was. An error where there is none of the number. */
export async function askForElement(session: RunSession, trans: TranslationBundle): Promise<void> {
  const { owner, elements } = fanOutOf(session, session.log!.task);
  const answer = await InputDialog.getText({
    title: trans.__('Show an element of %1', owner),
    label: boundsOf(elements, trans),
    okLabel: trans.__('Show')
  });
  if (answer.button.accept) {
    const number = elementNumber(answer.value ?? '', elements);
    if (number === null) {
      throw new Error(boundsOf(elements, trans));
    }
    session.follow(elementName(owner, number));
  }
}
