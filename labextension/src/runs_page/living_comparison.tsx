/** Runs side by side on the page of runs: those that go on as they come. */

import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

import type { Api } from '../api';
import type { Words } from '../model/words';
import { Trouble } from '../panel/trouble';
import { AskedAgain, useAskedAgain, type News } from './asked_again';
import { goesOn } from './columns';
import { ComparisonView, compareRuns } from './comparison';
import type { Compared } from './overlaid';

export interface LivingComparisonProps {
  readonly ids: readonly string[];
  readonly api: Api;
  readonly news: ISignal<unknown, News>;
  readonly trans: Words;
}

export function LivingComparison({ ids, api, news, trans }: LivingComparisonProps): JSX.Element {
  const { value, trouble } = useAskedAgain(
    () => new AskedAgain<Compared>(() => compareRuns(api, ids), news, isAbout(ids)),
    [api, ids, news]
  );
  return (
    <>
      <Trouble text={trouble} />
      {value !== null && <ComparisonView compared={value} trans={trans} />}
      {value === null && trouble === null && (
        <p className="kfnb-quiet">{trans.__('The runs are being read …')}</p>
      )}
    </>
  );
}

/** Of runs that have ended nothing is another: one of them must go on, or just have ended. */
function isAbout(ids: readonly string[]): (news: News, compared: Compared | null) => boolean {
  return (news, compared) =>
    news === null ||
    compared === null ||
    compared.comparison.runs.some(goesOn) ||
    [...news.living, ...news.ended].some(id => ids.includes(id));
}
