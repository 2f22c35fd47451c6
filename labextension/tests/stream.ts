/** A server as far as what watches a run knows it. */

import { vi, type Mock } from 'vitest';

import type { Api } from '../src/api';
import type { Follow, Frame, RunsFrame } from '../src/model/documents';
import type { RunEvent } from '../src/model/run_state';

/** The stream of one run. */
export class Stream {
  readonly asked: Follow[] = [];
  readyState: number = WebSocket.OPEN;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  send(text: string): void {
    this.asked.push(JSON.parse(text));
  }

  tell(...events: readonly Omit<RunEvent, 'time'>[]): void {
    this.frame({ kind: 'events', batch: 1, events: events.map((event, time) => ({ time, ...event })) });
  }

  frame(frame: Frame | RunsFrame): void {
    this.onmessage!({ data: JSON.stringify(frame) });
  }

  /** The run fails, and then the connection is cut. */
  fail(): void {
    this.tell({ kind: 'run-state', state: 'FAILED' });
    this.frame({ kind: 'end', state: 'FAILED' });
    this.close();
  }

  close(): void {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.();
  }
}

/** What the server is asked, each to be answered otherwise by a test; `streams`: those that were asked for, in order. */
export interface Server {
  readonly api: Api;
  readonly streams: Stream[];
  readonly asked: Record<'run' | 'metrics' | 'series' | 'artifacts' | 'resume' | 'start' | 'startedAs', Mock>;
}

/** Return a server with a run of one task, `a`. */
export function serverWithRun(): Server {
  const streams: Stream[] = [];
  const asked = {
    run: vi.fn((id: string) =>
      Promise.resolve({
        run_id: id,
        tasks: { a: { elements: null } },
        interrupted: false,
        waits: null,
        unseen: null
      })
    ),
    metrics: vi.fn(() => Promise.resolve({})),
    series: vi.fn(() => Promise.resolve({})),
    artifacts: vi.fn(() => Promise.resolve([])),
    resume: vi.fn(() => Promise.resolve()),
    start: vi.fn(() => Promise.resolve({ run_id: '1', warnings: [] })),
    startedAs: vi.fn(() => Promise.resolve({ run_id: '1', warnings: [] }))
  };
  const stream = (): Stream => {
    streams.push(new Stream());
    return streams.at(-1)!;
  };
  const settings = { baseUrl: 'http://localhost/' };
  return { api: { ...asked, settings, stream } as unknown as Api, streams, asked };
}

/** A promise that a test keeps when it likes. */
export function later<T>(): { readonly promise: Promise<T>; readonly keep: (value: T) => void } {
  let keep!: (value: T) => void;
  const promise = new Promise<T>(resolve => {
    keep = resolve;
  });
  return { promise, keep };
}

/** Let everything go on that waits for what has been answered already. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await Promise.resolve();
  }
}
