/** No text that a person reads stands in the sources without being marked for translation. */

import ts from 'typescript';
import { expect, test } from 'vitest';

const SOURCES = import.meta.glob<string>(['../src/**/*.{ts,tsx}', '!../src/model/openapi.ts'], {
  eager: true,
  query: '?raw',
  import: 'default'
});
/** Attributes, properties and arguments whose texts are read. */
const READ = new Set([
  ...['title', 'label', 'caption', 'hint', 'placeholder', 'alt', 'aria-label', 'aria-description', 'word'],
  ...['body', 'okLabel', 'message', 'text', 'why', 'textContent', 'ariaLabel']
]);
const SAYS = /^(set[A-Z]?Text|showErrorMessage|Notification\.\w+|(Api)?Error|html|svg)$/;
/** What is written so in every language: no word at all, and the name that Kubeflow has for no experiment. */
const NAMES = /^(Default|[\W\d_]*)$/;

function isText(node: ts.Node): node is ts.StringLiteralLike | ts.TemplateExpression | ts.JsxText {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || ts.isJsxText(node);
}

/** The words that stand in it as they are. */
function wordsOf(node: ts.StringLiteralLike | ts.TemplateExpression | ts.JsxText): string {
  return ts.isTemplateExpression(node)
    ? [node.head.text, ...node.templateSpans.map(span => span.literal.text)].join(' ')
    : node.text;
}

/** Texts that an expression can become: of a condition both, of a sum all. */
function textsOf(node: ts.Node): ts.Node[] {
  if (ts.isConditionalExpression(node)) {
    return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  }
  if (ts.isBinaryExpression(node)) {
    const isChoice = node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
    return isChoice ? textsOf(node.right) : [...textsOf(node.left), ...textsOf(node.right)];
  }
  if (ts.isJsxExpression(node) || ts.isParenthesizedExpression(node)) {
    return node.expression === undefined ? [] : textsOf(node.expression);
  }
  if (ts.isArrayLiteralExpression(node)) {
    return node.elements.flatMap(textsOf);
  }
  return isText(node) ? [node] : [];
}

/** What is read of a node, as far as it stands there. */
function readIn(node: ts.Node): ts.Node[] {
  if (ts.isJsxText(node)) {
    return [node];
  }
  if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) {
    return textsOf(node);
  }
  if (ts.isJsxAttribute(node) && node.initializer !== undefined && READ.has(node.name.getText())) {
    return textsOf(node.initializer);
  }
  if (ts.isPropertyAssignment(node) && READ.has(node.name.getText().replace(/'/g, ''))) {
    return textsOf(node.initializer);
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    const name = ts.isPropertyAccessExpression(node.left) ? node.left.name.text : '';
    return READ.has(name) ? textsOf(node.right) : [];
  }
  if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && SAYS.test(node.expression.getText())) {
    const isMade = /^(html|svg)$/.test(node.expression.getText());
    return (node.arguments ?? []).slice(isMade ? 2 : 0).flatMap(textsOf);
  }
  return [];
}

/** Texts of a source that a person reads and that are not marked. */
function bareIn(code: string): string[] {
  const source = ts.createSourceFile('source.tsx', code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    for (const text of readIn(node)) {
      const words = isText(text) ? wordsOf(text).trim() : '';
      if (!NAMES.test(words)) {
        found.push(words);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test('It would be found.', () => {
  const code = `
    <p title="one" className="no">two {x ? 'three' : trans.__('no')} {trans.__('no')}</p>;
    const command = { label: 'four', id: 'no' };
    setText(element, \`five \${name}\`);
    html('button', { title: 'six' }, ['seven ', name]);
    throw new Error('eight');`;
  expect(new Set(bareIn(code))).toEqual(
    new Set(['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'])
  );
});

test.each(Object.entries(SOURCES))('%s', (_, code) => {
  expect(bareIn(code)).toEqual([]);
});
