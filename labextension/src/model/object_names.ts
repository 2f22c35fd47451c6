/** Names as the Kubernetes API wants them, with the same verdicts as kfnb/notebook/object_names.py (tests/cases/tag_values.json). */

import type { Problem } from './values';
import { trans } from './words';

const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_PART = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const STANDARD = ['cpu', 'memory', 'ephemeral-storage'];

const isSubdomain = (text: string): boolean => text.length <= 253 && SUBDOMAIN.test(text);

/** Return what is wrong with the name of an object. */
export function objectNameProblem(name: string): Problem | null {
  if (isSubdomain(name)) {
    return null;
  }
  const better = name.toLowerCase().replaceAll('_', '-');
  return {
    text: trans.__('%1 cannot be such a name: small letters, digits, - and .', name),
    better: isSubdomain(better) ? better : null
  };
}

function isQualifiedName(name: string): boolean {
  const slash = name.lastIndexOf('/');
  return (slash < 0 || isSubdomain(name.slice(0, slash))) && LABEL_PART.test(name.slice(slash + 1));
}

/** Return what is wrong with the key of a label, an annotation or a taint. */
export function keyProblem(key: string): Problem | null {
  return isQualifiedName(key)
    ? null
    : {
        text: trans.__('%1 cannot be a key like zone or example.com/zone, 63 characters at most.', key),
        better: null
      };
}

/** Return what is wrong with the value of a label; it may be empty. */
export function labelValueProblem(value: string): Problem | null {
  return value === '' || LABEL_PART.test(value)
    ? null
    : {
        text: trans.__('%1 has more than letters, digits, -, _ and ., or is longer than 63 of them.', value),
        better: null
      };
}

/** Return what is wrong with the name of an environment variable. */
export function variableProblem(name: string): Problem | null {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    ? null
    : { text: trans.__('%1 cannot name an environment variable.', name), better: null };
}

/** Return what is wrong with the name of a resource that a container can ask for. */
export function resourceProblem(name: string): Problem | null {
  const isOne =
    STANDARD.includes(name) || name.startsWith('hugepages-') || (name.includes('/') && isQualifiedName(name));
  return isOne
    ? null
    : {
        text: trans.__(
          '%1 is no resource: cpu, memory, ephemeral-storage, or a name with a domain like nvidia.com/gpu.',
          name
        ),
        better: null
      };
}
