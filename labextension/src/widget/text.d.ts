/** What widgets are made of that has no types of its own: style sheets as text, and JupyterLab's or the bundle's React. */

declare module '*.css' {
  const text: string;
  export default text;
}

declare module 'react-dom/client' {
  export interface Root {
    render(element: unknown): void;
    unmount(): void;
  }
  export function createRoot(container: Element): Root;
}
