/** What is asked of the server, and how: the compiler holds it against the server's own description. */

import { expect, expectTypeOf, test } from 'vitest';

import { addressOf, type Answer, type Names, type Sent } from '../src/model/asking';
import type { Experiments, RunRequest, Started } from '../src/model/openapi';

test('What stands in braces in an address is filled in, with what a name holds written for an address.', () => {
  expect(addressOf('/runs/{run_id}/tasks/{task}/log', { run_id: 'r1', task: 'fit/a[0] ü' })).toBe(
    'runs/r1/tasks/fit%2Fa%5B0%5D%20%C3%BC/log'
  );
  expect(addressOf('/experiments', {})).toBe('experiments');
});

test('What an address takes and answers is what the server says of it.', () => {
  expectTypeOf<Sent<'post', '/runs'>>().toEqualTypeOf<RunRequest>();
  expectTypeOf<Answer<'post', '/runs'>>().toEqualTypeOf<Started>();
  expectTypeOf<Answer<'get', '/experiments'>>().toEqualTypeOf<Experiments>();
  expectTypeOf<Answer<'get', '/runs/{run_id}/tasks/{task}/log'>>().toEqualTypeOf<string>();
  expectTypeOf<Sent<'delete', '/runs/{run_id}'>>().toEqualTypeOf<undefined>();
  expectTypeOf<keyof Names<'/runs/{run_id}/tasks/{task}/log'>>().toEqualTypeOf<'run_id' | 'task'>();
});

test('An address, a method of it or a name in it that the server does not know is a mistake to the compiler.', () => {
  // @ts-expect-error: there is no such address
  expect(addressOf('/run', {})).toBe('run');
  // @ts-expect-error: it is called run_id
  expect(addressOf('/runs/{run_id}', { id: 'r1' })).toBe('runs/undefined');
  // @ts-expect-error: nothing is put there
  expectTypeOf<Sent<'put', '/runs'>>().toBeUndefined();
});
