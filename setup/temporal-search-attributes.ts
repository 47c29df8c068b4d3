import type { Connection } from '@temporalio/client';
import { searchAttributes } from '../workflows/contracts/search-attributes.ts';
import { reasonOf } from './reason-of.ts';
import { SetUpError } from './set-up-error.ts';
import { waitUntil } from './wait-until.ts';

// The numbers of temporal.api.enums.v1.IndexedValueType.
const typeNumbers = { KEYWORD: 2, BOOL: 5 } as const;
const typeNames = { KEYWORD: 'Keyword', BOOL: 'Bool' } as const;

/** `--search-attribute` flags of `temporal server start-dev` for every search attribute of the product. */
export function searchAttributeFlags(): string[] {
  return searchAttributes.flatMap(({ name, type }) => ['--search-attribute', `${name}=${typeNames[type]}`]);
}

/** Registers the search attributes that the namespace does not know yet, and waits until it knows them. */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  if ((await missing(connection, namespace)).length === 0) return;
  const lacking = await missing(connection, namespace);
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(lacking.map(({ name, type }) => [name, typeNumbers[type]])),
    });
  } catch (error) {
    throw notRegistered(namespace, lacking, reasonOf(error));
  }
  const known = async () => (await missing(connection, namespace)).length === 0;
  if (await waitUntil(known, { timeoutMs: 30_000, everyMs: 200 })) return;
  throw notRegistered(namespace, lacking, 'the server took the request but does not list them after 30 s');
}

type SearchAttribute = (typeof searchAttributes)[number];

async function missing(connection: Connection, namespace: string): Promise<SearchAttribute[]> {
  const known = await listed(connection, namespace);
  const wrong = searchAttributes.filter(
    ({ name, type }) => known[name] !== undefined && known[name] !== typeNumbers[type],
  );
  if (wrong.length > 0) throw wrongType(namespace, wrong);
  return searchAttributes.filter(({ name }) => known[name] === undefined);
}

async function listed(connection: Connection, namespace: string): Promise<Record<string, number>> {
  try {
    const answer = await connection.operatorService.listSearchAttributes({ namespace });
    return { ...answer.customAttributes };
  } catch (error) {
    throw notRegistered(namespace, searchAttributes, reasonOf(error));
  }
}

function notRegistered(namespace: string, lacking: readonly SearchAttribute[], reason: string): SetUpError {
  const flags = lacking.map(({ name, type }) => `--name ${name} --type ${typeNames[type]}`).join(' ');
  return new SetUpError({
    what: `The search attributes could not be registered in namespace ${namespace}.`,
    got: reason,
    expected: `a namespace that knows ${lacking.map(({ name }) => name).join(', ')}, or leave to add them`,
    next: `have an administrator of that server run: temporal operator search-attribute create --namespace ${namespace} ${flags}`,
  });
}

function wrongType(namespace: string, wrong: readonly SearchAttribute[]): SetUpError {
  const names = wrong.map(({ name, type }) => `${name} (must be ${typeNames[type]})`).join(', ');
  return new SetUpError({
    what: `Namespace ${namespace} has search attributes of the same name with another type.`,
    got: names,
    expected: 'the types given above',
    next: 'use another namespace (TEMPORAL_NAMESPACE), or have an administrator rename the old ones',
  });
}
