/** As much of react-dom, which JupyterLab brings without its types, as the tests of components need. */
declare module 'react-dom/server' {
  export function renderToStaticMarkup(element: unknown): string;
}

declare module 'react-dom/client' {
  export function createRoot(place: Element): { render(element: unknown): void; unmount(): void };
}

declare module 'react-dom' {
  export function flushSync(act: () => void): void;
}
