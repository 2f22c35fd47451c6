/** As much of react-dom, which JupyterLab brings without its types, as the tests of components need. */
declare module 'react-dom/server' {
  export function renderToStaticMarkup(element: unknown): string;
}

declare module 'react-dom' {
  export function flushSync(work: () => void): void;
}
