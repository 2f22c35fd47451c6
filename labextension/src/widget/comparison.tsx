/** The anywidget module of runs side by side: the page's view of them. */

import type { RenderProps } from '@anywidget/types';
import * as React from 'react';

import { trans } from '../model/words';
import { ComparisonView } from '../runs_page/comparison';
import type { Compared } from '../runs_page/overlaid';
import { show } from './shown';

/** The traits of `ComparisonWidget` in kfnb/widget. */
interface Traits {
  compared: Compared;
  [key: string]: unknown;
}

function render({ model, el }: RenderProps<Traits>): () => void {
  return show(el, <ComparisonView compared={model.get('compared')} trans={trans} />);
}

export default { render };
