/** A row of tabs, of which the chosen one alone takes part in the order of the Tab key; arrows choose another. */

import * as React from 'react';

export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: string;
}

interface TabsProps<Name extends string> {
  /** Of the elements: a tab's is this and its name, that of what the tabs show is this and `body`. */
  readonly id: string;
  /** What the tabs are of. */
  readonly label: string;
  readonly tabs: readonly Tab<Name>[];
  readonly chosen: Name;
  /** Whether these are tabs within a tab. */
  readonly isInner?: boolean;
  readonly onChoose: (name: Name) => void;
}

export function Tabs<Name extends string>(props: TabsProps<Name>): JSX.Element {
  const { id, label, tabs, chosen, isInner = false, onChoose } = props;
  const move = (event: React.KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step !== 0) {
      const place = tabs.findIndex(({ name }) => name === chosen);
      const next = tabs[(place + step + tabs.length) % tabs.length]!.name;
      onChoose(next);
      document.getElementById(`${id}-${next}`)?.focus();
    }
  };
  return (
    <div
      className={isInner ? 'kfnb-tabs kfnb-mod-inner' : 'kfnb-tabs'}
      role="tablist"
      aria-label={label}
      onKeyDown={move}
    >
      {tabs.map(tab => (
        <button
          key={tab.name}
          type="button"
          role="tab"
          id={`${id}-${tab.name}`}
          data-tab={tab.name}
          aria-controls={`${id}-body`}
          aria-selected={tab.name === chosen}
          tabIndex={tab.name === chosen ? 0 : -1}
          onClick={() => onChoose(tab.name)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}
