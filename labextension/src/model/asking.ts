/** What can be asked of the server: addresses below `kfnb/api`, what each takes and what it answers, as openapi.ts says. */

import type { paths } from './openapi';

export type Method = 'get' | 'post' | 'put' | 'delete';

type Asked<M extends Method, Question> = { readonly [K in M]: Question };

/** The addresses that are asked with a method. */
export type Address<M extends Method = Method> = {
  [A in keyof paths]: { [K in M]: paths[A] extends Asked<K, object> ? A : never }[M];
}[keyof paths];

/** What stands in braces in an address, each with what to put there. */
export type Names<A extends string> = Readonly<Record<NameIn<A>, string>>;

type NameIn<A extends string> = A extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NameIn<Rest>
  : never;

/** What is sent with a question. */
export type Sent<M extends Method, A extends Address<M>> =
  paths[A] extends Asked<M, { readonly requestBody: { readonly content: infer Content } }>
    ? Content[keyof Content]
    : undefined;

/** What is answered where it was done. */
export type Answer<M extends Method, A extends Address<M>> =
  paths[A] extends Asked<M, { readonly responses: infer Responses }>
    ? ContentOf<Responses[keyof Responses & (200 | 201)]>
    : never;

type ContentOf<Response> = Response extends { readonly content: infer Content }
  ? Content[keyof Content]
  : never;

/** An address with its names filled in. */
export function addressOf<A extends Address>(address: A, names: Names<A>): string {
  const known: Readonly<Record<string, string>> = names;
  return address.slice(1).replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(known[name]!));
}
