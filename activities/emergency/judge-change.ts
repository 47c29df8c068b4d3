import { type EmergencyChange, packageNames } from '../../workflows/contracts/emergency-plan.ts';
import { isFixedImage, parseImageReference } from '../adapters/docker/image-reference.ts';

/** What of a host says whether a change may be made. */
export interface ChangeRules {
  /** `emergency.images` of its configuration. */
  readonly repositories: readonly string[];
  /** `maintenance.packages.hold`. */
  readonly held: readonly string[];
  readonly app: string;
  readonly services: readonly { readonly service: string; readonly image: string }[];
}

/** What is wrong with a change, with what was expected; null: nothing, as far as its words go. */
export interface WrongChange {
  readonly got: string;
  readonly expected: string;
}

const PACKAGE_NAME = /^[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?$/;
const SCRIPT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether this change is one that the host allows. Pure. */
export function wrongChange(change: EmergencyChange, rules: ChangeRules): WrongChange | null {
  if (change.service !== null && change.kind !== 'image')
    return {
      got: `service "${change.service}" with a change of ${change.kind}`,
      expected: 'no service: only an image has one',
    };
  if (change.kind === 'image') return wrongImage(change, rules);
  return change.kind === 'packages' ? wrongPackages(change.what, rules) : wrongScript(change.what);
}

function wrongImage(change: EmergencyChange, rules: ChangeRules): WrongChange | null {
  const { what } = change;
  const { repository, tag, digest } = parseImageReference(what);
  const got = `"${what}"`;
  if (rules.repositories.length === 0)
    return { got, expected: 'emergency.images of the host to name repositories: it names none' };
  if (!rules.repositories.includes(repository))
    return { got, expected: `an image of ${rules.repositories.join(' or ')} (emergency.images)` };
  const isNamed = digest === null ? tag !== null && TAG.test(tag) : DIGEST.test(digest);
  if (!isNamed) return { got, expected: `a tag or a digest, such as ${repository}:1.2.4` };
  const service = change.service ?? rules.app;
  const known = rules.services.find((one) => one.service === service);
  if (known === undefined)
    return {
      got: `service "${service}"`,
      expected: `one of ${rules.services.map((one) => one.service).join(', ')}`,
    };
  if (!isFixedImage(known.image)) return null;
  return {
    got: `${service} with the image ${known.image} in the compose file, which is one image for ever`,
    expected: 'a service whose image has a tag; change the compose file by hand',
  };
}

function wrongPackages(what: string, { held }: ChangeRules): WrongChange | null {
  const names = packageNames(what);
  const wrong = names.find((name) => !PACKAGE_NAME.test(name));
  if (names.length === 0 || wrong !== undefined)
    return { got: `"${wrong ?? what}"`, expected: 'names of installed packages such as "openssl libssl3"' };
  const isHeld = names.find((name) => held.includes(name));
  if (isHeld === undefined) return null;
  return { got: isHeld, expected: 'none of maintenance.packages.hold' };
}

function wrongScript(what: string): WrongChange | null {
  if (SCRIPT_NAME.test(what)) return null;
  return { got: `"${what}"`, expected: 'the name of a file directly in emergency.scripts, without a path' };
}
