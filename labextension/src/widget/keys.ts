/** Keys that are pressed in a notebook's output. */

const SUPPRESSING = 'data-lm-suppress-shortcuts';

/**
 * Leave keys to what has the focus: B on a button inserts no cell, nor does D D on a box delete one. Commands with Ctrl,
 * Cmd or Alt stay the notebook's. The focused element itself says so: many commands are of whatever has the focus.
 */
export function leaveKeys(host: HTMLElement): void {
  const isModifier = ({ key }: KeyboardEvent): boolean => ['Control', 'Meta', 'Alt'].includes(key);
  const suppress = (event: Event, isOn: boolean): void =>
    void (event.target as Element).toggleAttribute(SUPPRESSING, isOn);
  host.addEventListener('focusin', event => suppress(event, true));
  host.addEventListener('focusout', event => suppress(event, false));
  host.addEventListener('keydown', event => isModifier(event) && suppress(event, false));
  host.addEventListener('keyup', event => isModifier(event) && suppress(event, true));
}
