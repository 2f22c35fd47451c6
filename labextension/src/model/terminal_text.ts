/** What programs print for a terminal, as text. */

// eslint-disable-next-line no-control-regex -- these are the terminal's own control characters
const CONTROLS = /\u001b\[[0-9;?]*[A-Za-z]|\u001b\][^\u0007]*\u0007/g;

/** Return text without colours; of a line that was written over (as progress bars do) what stood there last. */
export function plainText(text: string): string {
  return text
    .replace(CONTROLS, '')
    .replace(/\r+\n/g, '\n')
    .split('\n')
    .map(line => line.slice(line.lastIndexOf('\r', line.length - 2) + 1).replace(/\r$/, ''))
    .join('\n');
}
