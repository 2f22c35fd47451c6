/** What can be looked at of a task: its log, what happened to it, and on a cluster its pod. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Api } from '../api';
import type { TaskEvents, TaskPod } from '../model/documents';
import { NO_LOG } from '../model/log_pieces';
import { hasEnded } from '../model/run_state';
import { downloadOf } from '../run/logs';
import type { RunSession, TaskTab } from '../run/session';
import { LogPane } from './log_pane';
import { Tabs, type Tab } from './tabs';

const LOOK_AFTER_MS = 3000;

export interface TaskTabsProps {
  readonly session: RunSession;
  readonly api: Api;
  readonly task: string;
  readonly trans: TranslationBundle;
}

export function TaskTabs(props: TaskTabsProps): JSX.Element {
  const { session, api, task, trans } = props;
  const chosen = session.tab;
  const id = React.useId();
  const tabs: readonly Tab<TaskTab>[] = [
    { name: 'log', label: trans.__('Log') },
    { name: 'events', label: trans.__('Events') },
    ...(session.document.cluster === null ? [] : [{ name: 'pod' as const, label: trans.__('Pod') }])
  ];
  return (
    <>
      <Tabs
        {...{ id, tabs, chosen }}
        label={trans.__('What to see of task %1', task)}
        isInner
        onChoose={name => (session.tab = name)}
      />
      <div role="tabpanel" id={`${id}-body`} aria-labelledby={`${id}-${chosen}`}>
        {chosen === 'log' && (
          <LogPane
            key={task}
            log={session.log?.source === task ? session.log.text : NO_LOG}
            loadEarlier={() => session.loadEarlier()}
            address={downloadOf(api, session.id, task)}
            trans={trans}
          />
        )}
        {chosen === 'events' && <EventsPane key={task} {...props} />}
        {chosen === 'pod' && <PodPane key={task} {...props} />}
      </div>
    </>
  );
}

/** Ask at once, whenever the task's state is another, and while it goes on some time after each answer. */
function useAsked<T>({ session, task }: TaskTabsProps, ask: () => Promise<T>): T | Error | null {
  const [found, setFound] = React.useState<T | Error | null>(null);
  const status = session.status.tasks.get(task);
  const isOver = session.hasEnded || (status !== undefined && hasEnded(status.state));
  React.useEffect(() => {
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      const answer = await ask().catch((error: Error) => error);
      if (isCurrent) {
        setFound(answer);
        timer = isOver ? undefined : setTimeout(() => void look(), LOOK_AFTER_MS);
      }
    };
    void look();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [session.id, task, status?.state, status?.attempt, isOver]);
  return found;
}

function EventsPane(props: TaskTabsProps): JSX.Element {
  const { session, api, task, trans } = props;
  const found = useAsked<TaskEvents>(props, () => api.taskEvents(session.id, task));
  if (found === null || found instanceof Error) {
    return <p className="kfnb-hint">{found?.message ?? trans.__('Asking …')}</p>;
  }
  return (
    <div className="kfnb-task-events">
      {found.trouble !== null && (
        <p className="kfnb-warning">{trans.__('The cluster cannot be asked: %1', found.trouble)}</p>
      )}
      {found.events.length === 0 && <p className="kfnb-hint">{trans.__('Nothing has happened yet.')}</p>}
      <ol>
        {found.events.map((event, index) => (
          <li key={index} data-source={event.source} data-warning={event.warning}>
            <time dateTime={event.time}>{new Date(event.time).toLocaleTimeString()}</time>{' '}
            {event.about !== null && <span className="kfnb-quiet">{event.about} </span>}
            {event.warning ? '▲ ' : ''}
            {event.text}
            {event.count > 1 && ` (${trans.__('%1 times', event.count)})`}
          </li>
        ))}
      </ol>
    </div>
  );
}

function PodPane(props: TaskTabsProps): JSX.Element {
  const { session, api, task, trans } = props;
  const found = useAsked<TaskPod>(props, () => api.taskPod(session.id, task));
  if (found === null || found instanceof Error) {
    return <p className="kfnb-hint">{found?.message ?? trans.__('Asking …')}</p>;
  }
  return (
    <div className="kfnb-log kfnb-task-pod" data-living={found.living}>
      {found.why !== null && <p className="kfnb-hint">{found.why}</p>}
      {found.yaml !== null && (
        <pre tabIndex={0} role="region" aria-label={trans.__('The pod of %1 as YAML', task)}>
          {found.yaml}
        </pre>
      )}
    </div>
  );
}
