/** What a widget library gives to widgets: a model without a kernel behind it. */

import { vi } from 'vitest';

type Handler = (...args: never[]) => void;

/** A model as anywidget gives it to `render`: traits, events, messages to the kernel. */
export class Model {
  readonly sent: unknown[] = [];
  private readonly _handlers = new Map<string, Set<Handler>>();
  constructor(private readonly _traits: Record<string, unknown>) {}
  get = (name: string): unknown => this._traits[name];
  on = (event: string, handler: Handler): void => {
    this._handlers.set(event, (this._handlers.get(event) ?? new Set()).add(handler));
  };
  off = (event: string, handler: Handler): void => void this._handlers.get(event)?.delete(handler);
  save_changes = vi.fn();
  send = (content: unknown): void => void this.sent.push(content);
  set = (name: string, value: unknown): void => {
    this._traits[name] = value;
    this.fire(`change:${name}`);
  };
  fire(event: string, ...args: unknown[]): void {
    this._handlers.get(event)?.forEach(handler => handler(...(args as never[])));
  }
  get listeners(): number {
    return [...this._handlers.values()].reduce((sum, handlers) => sum + handlers.size, 0);
  }
}
