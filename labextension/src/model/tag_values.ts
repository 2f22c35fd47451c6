/**
 * Checks of what stands after the colon of a tag, with the same verdicts as kfnb/notebook/tag_values.py
 * (tests/cases/tag_values.json).
 */

import {
  keyProblem,
  labelValueProblem,
  objectNameProblem,
  resourceProblem,
  variableProblem
} from './object_names';
import { isWhole, quantityProblem, type Problem } from './values';
import { trans } from './words';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const DOMAIN = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const PATH_PART = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const IMAGE = new RegExp(
  String.raw`^(?:${DOMAIN}(?:\.${DOMAIN})*(?::[0-9]+)?/)?${PATH_PART}(?:/${PATH_PART})*` +
    String.raw`(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,})?$`
);
const REQUIREMENT = new RegExp(
  String.raw`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*` +
    String.raw`(?:@\s*\S+|\(?\s*(?:(?:===|==|~=|!=|<=|>=|<|>)\s*[^\s,;()<>=!~]+\s*,?\s*)*\)?)\s*(?:;.+)?$`
);
const COMMA_OF_LIST = /,(?![^[]*\])\s*(?![\s<>=!~])/;
const KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' ')
);

/** Return `value` in at most `most` trimmed pieces; what stands behind the last separator that counts stays whole. */
function pieces(value: string, separator: string, most: number): string[] {
  const all = value.split(separator);
  return [...all.slice(0, most - 1), ...(all.length < most ? [] : [all.slice(most - 1).join(separator)])].map(
    piece => piece.trim()
  );
}

const wrong = (text: string, better: string | null = null): Problem => ({ text, better });

/** Make of what is wrong with a part what is wrong with the whole, with `before` and `after` around that part. */
const inside = (problem: Problem | null, before: string, after: string): Problem | null =>
  problem && { ...problem, better: problem.better && `${before}${problem.better}${after}` };

/** `RESOURCE:QUANTITY`. */
export function amountProblem(value: string): Problem | null {
  const colon = value.lastIndexOf(':');
  const [resource, quantity] = [value.slice(0, Math.max(0, colon)).trim(), value.slice(colon + 1).trim()];
  if (resource === '' || quantity === '') {
    return wrong(trans.__('Write RESOURCE:QUANTITY.'));
  }
  const found =
    inside(resourceProblem(resource), '', `:${quantity}`) ??
    inside(quantityProblem(quantity), `${resource}:`, '');
  return (
    found ??
    (resource.includes('/') && !isWhole(quantity)
      ? wrong(trans.__('%1 can only be had in whole numbers.', resource))
      : null)
  );
}

/** An image, as in `docker pull`. */
export function imageProblem(value: string): Problem | null {
  if (IMAGE.test(value)) {
    return null;
  }
  const colon = value.lastIndexOf(':');
  const hasTag = colon > 0 && !value.slice(colon).includes('/');
  const better = hasTag ? value.slice(0, colon).toLowerCase() + value.slice(colon) : value.toLowerCase();
  return wrong(trans.__('%1 is not the name of an image.', value), IMAGE.test(better) ? better : null);
}

/** `REQ[,REQ]`: requirements as pip reads them; a comma before a version belongs to the requirement. */
export function packagesProblem(value: string): Problem | null {
  const found = value.split(COMMA_OF_LIST).find(one => !REQUIREMENT.test(one.trim()));
  return found === undefined
    ? null
    : wrong(trans.__('%1 is not a requirement like pandas, pandas>=2,<3 or torch[opt]==2.4.', found.trim()));
}

/** `KEY=VALUE` of a variable. */
export function envProblem(value: string): Problem | null {
  const [name = '', text] = pieces(value, '=', 2);
  return name === '' || text === undefined ? wrong(trans.__('Write KEY=VALUE.')) : variableProblem(name);
}

/** `KEY=VALUE` of the node selector. */
export function nodeProblem(value: string): Problem | null {
  const [key = '', wanted] = pieces(value, '=', 2);
  if (wanted === undefined && value.split(':').length === 2) {
    return wrong(trans.__('Write KEY=VALUE.'), value.replace(':', '='));
  }
  return key === '' || wanted === undefined
    ? wrong(trans.__('Write KEY=VALUE.'))
    : (keyProblem(key) ?? labelValueProblem(wanted));
}

/** `KEY[=VALUE][:EFFECT]`, as `kubectl taint` writes taints. */
export function tolerationProblem(value: string): Problem | null {
  const colon = value.indexOf(':');
  const taint = colon < 0 ? value : value.slice(0, colon);
  const effect = colon < 0 ? null : value.slice(colon + 1);
  if (effect !== null && !EFFECTS.includes(effect)) {
    const close = EFFECTS.find(known => known.toLowerCase() === effect.toLowerCase());
    return wrong(
      trans.__('%1 is not a taint’s effect (%2).', effect, EFFECTS.join(', ')),
      close === undefined ? null : `${taint}:${close}`
    );
  }
  const [key = '', wanted = ''] = pieces(taint, '=', 2);
  return keyProblem(key) ?? labelValueProblem(wanted);
}

/** `KEY:VALUE` of a label. */
export function labelProblem(value: string): Problem | null {
  return annotationProblem(value) ?? labelValueProblem(pieces(value, ':', 2)[1]!);
}

/** `KEY:VALUE` of an annotation, whose value may hold anything. */
export function annotationProblem(value: string): Problem | null {
  const [key = '', text] = pieces(value, ':', 2);
  return key === '' || text === undefined ? wrong(trans.__('Write KEY:VALUE.')) : keyProblem(key);
}

/** `NAME:KEY:ENV`, or `NAME:/FOLDER`, of a Secret or a config map. */
export function sourceProblem(value: string): Problem | null {
  const [object = '', folder = ''] = pieces(value, ':', 2);
  if (folder.startsWith('/')) {
    return inside(objectNameProblem(object), '', `:${folder}`);
  }
  const [name = '', key, variable] = pieces(value, ':', 3);
  if (name === '' || key === undefined || variable === undefined) {
    return wrong(trans.__('Write NAME:KEY:ENV or NAME:/FOLDER.'));
  }
  if (!/^[-._A-Za-z0-9]{1,253}$/.test(key)) {
    return wrong(trans.__('%1 cannot be a key: letters, digits, -, _ and .', key));
  }
  return inside(objectNameProblem(name), '', `:${key}:${variable}`) ?? variableProblem(variable);
}

/** `CLAIM:PATH[:ro]`. */
export function volumeProblem(value: string): Problem | null {
  const [name = '', path, mode = 'rw', ...more] = value.split(':').map(piece => piece.trim());
  if (path === undefined || more.length > 0) {
    return wrong(trans.__('Write CLAIM:PATH or CLAIM:PATH:ro.'));
  }
  if (mode !== 'ro' && mode !== 'rw') {
    const isReadOnly = ['readonly', 'read-only', 'r'].includes(mode.toLowerCase());
    return wrong(trans.__('%1 is neither ro nor rw.', mode), isReadOnly ? `${name}:${path}:ro` : null);
  }
  if (!path.startsWith('/')) {
    return wrong(
      trans.__('%1 is not a path that begins with /.', path),
      path === '' ? null : `${name}:/${path}:${mode}`
    );
  }
  return inside(objectNameProblem(name), '', `:${path}:${mode}`);
}

/** `NAME[,NAME]`: Python names. */
export function namesProblem(value: string): Problem | null {
  const found = value
    .split(',')
    .map(name => name.trim())
    .find(name => !/^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(name) || KEYWORDS.has(name));
  return found === undefined ? null : wrong(trans.__('%1 is not a Python name.', found));
}
