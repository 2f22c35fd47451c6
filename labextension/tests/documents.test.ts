/** The documents that the front end reads and writes, held against those that the server says it gives and takes. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';
import { expect, test } from 'vitest';

/** A JSON schema, as far as the server's document uses it. */
interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
}

/** The server's name of an answer → what documents.ts calls it. */
const ANSWERS = {
  TagChange: 'TagChange',
  Finding: 'Finding',
  OutlinedStep: 'Step',
  OutlinedEdge: 'Edge',
  ParameterField: 'Parameter',
  Analysis: 'Analysis',
  CheckResult: 'CheckResult',
  Cluster: 'Cluster',
  Clusters: 'ClusterFile',
  Proposal: 'Suggestion',
  TaskError: 'TaskError',
  TaskDocument: 'TaskDocument',
  TaskEvents: 'TaskEvents',
  TaskPod: 'TaskPod',
  RunDocument: 'RunDocument',
  RunRow: 'RunRow',
  RunPage: 'RunPage',
  SideBySide: 'SideBySide',
  CellDifference: 'CellDifference',
  ComparisonDocument: 'Comparison',
  ArtifactDocument: 'Artifact',
  Metric: 'Metric',
  MetricSeries: 'MetricSeries',
  CellOutput: 'CellOutputs'
};
const REQUESTS = ['RunRequest', 'CheckRequest'];

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const SCHEMAS: Readonly<Record<string, Schema>> = JSON.parse(
  readFileSync(path('../../kfnb/server/openapi.json'), 'utf-8')
).components.schemas;

/** A schema as a type. A request may lack what has a default; an answer has all of it. */
function typeOf(schema: Schema, isRequest: boolean): string {
  const inner = (part: Schema): string => typeOf(part, isRequest);
  if (schema.$ref !== undefined) {
    return schema.$ref.split('/').at(-1)!;
  }
  if (schema.anyOf !== undefined) {
    return `(${schema.anyOf.map(inner).join(' | ')})`;
  }
  if (schema.enum !== undefined) {
    return `(${schema.enum.map(value => JSON.stringify(value)).join(' | ')})`;
  }
  switch (schema.type) {
    case 'array':
      return `readonly (${inner(schema.items ?? {})})[]`;
    case 'object':
      return objectType(schema, isRequest);
    case 'integer':
      return 'number';
    default:
      return schema.type ?? 'unknown';
  }
}

function objectType(schema: Schema, isRequest: boolean): string {
  const { properties, additionalProperties: others, required = [] } = schema;
  if (properties === undefined) {
    const value = typeof others === 'object' ? typeOf(others, isRequest) : 'unknown';
    return `Readonly<Record<string, ${value}>>`;
  }
  const fields = Object.entries(properties).map(([name, field]) => {
    const may = isRequest && !required.includes(name) ? '?' : '';
    return `readonly ${name}${may}: ${typeOf(field, isRequest)};`;
  });
  return `{ ${fields.join(' ')} }`;
}

/** A program that has types exactly if the documents of both halves fit. */
function program(): string {
  const lines = ["import type * as ours from './documents';"];
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    lines.push(`type ${name} = ${typeOf(schema, REQUESTS.includes(name))};`);
  }
  for (const [theirs, name] of Object.entries(ANSWERS)) {
    lines.push(`export const answer${theirs} = (given: ${theirs}): ours.${name} => given;`);
  }
  for (const name of REQUESTS) {
    lines.push(`export const request${name} = (sent: ours.${name}): ${name} => sent;`);
    lines.push(`export const known${name} = (field: keyof ours.${name}): keyof ${name} => field;`);
  }
  return lines.join('\n');
}

/** What TypeScript has to say about a program that lies beside documents.ts. */
function problemsOf(text: string): readonly string[] {
  const file = path('../src/model/held_against.ts');
  const options: ts.CompilerOptions = { strict: true, noEmit: true, skipLibCheck: true, types: [] };
  options.target = ts.ScriptTarget.ES2022;
  options.moduleResolution = ts.ModuleResolutionKind.Bundler;
  options.module = ts.ModuleKind.ESNext;
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = name => name === file || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(found => ts.flattenDiagnosticMessageText(found.messageText, '\n'));
}

test('What the server gives is what the front end takes it for, and it is sent nothing that it does not know.', () => {
  expect(problemsOf(program())).toEqual([]);
});

test('A field that is another one in the server’s document is found.', () => {
  const renamed = program().replace('readonly color_index: number;', 'readonly colour: number;');
  expect(problemsOf(renamed).join('\n')).toContain("Property 'color_index' is missing");
  const unknown = program().replaceAll('readonly allow_cpu?: boolean;', '');
  expect(problemsOf(unknown).join('\n')).toContain('"allow_cpu"');
});
