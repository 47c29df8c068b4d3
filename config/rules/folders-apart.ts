import type { Finding } from '../explain-issue.ts';
import type { ParsedHost } from '../host-schema.ts';
import type { Partly } from '../parse-partly.ts';
import { isWithin } from '../path-field.ts';
import { ownPlaces, type Place } from './own-places.ts';

/**
 * Folders that must not contain each other: a backup inside the uploads would be backed up with them, throwaway copies
 * inside the data would be taken for it, a second copy inside the first one is lost with it.
 */
export function foldersApart(host: Partly<ParsedHost>): Finding[] {
  const places = ownPlaces(host);
  return [
    ...places.flatMap((place, index) => places.slice(index + 1).flatMap((other) => betweenTwo(place, other))),
    ...places.flatMap((place) => againstProject(place, host.project?.folder)),
  ];
}

function betweenTwo(first: Place, second: Place): Finding[] {
  const outer = isWithin(second.folder, first.folder) ? first : second;
  const inner = outer === first ? second : first;
  if (!isWithin(inner.folder, outer.folder) || isUploadsBesideDatabase(inner, outer)) return [];
  const relation = inner.folder === outer.folder ? 'the same as' : 'inside';
  const got = `${JSON.stringify(inner.folder)}, which is ${relation} ${outer.what} (${outer.keys.join('.')})`;
  return [{ keys: inner.keys, got, expected: `${inner.what} apart from ${outer.what}` }];
}

function isUploadsBesideDatabase(inner: Place, outer: Place): boolean {
  return inner.keys[1] === 'uploads' && outer.keys[1] === 'database' && inner.folder !== outer.folder;
}

function againstProject(place: Place, project: string | undefined): Finding[] {
  if (project === undefined || !isWithin(project, place.folder)) return [];
  const got = `${JSON.stringify(place.folder)}, which is or contains the project (project.folder ${project})`;
  return [{ keys: place.keys, got, expected: `${place.what} to be a folder of its own, not the project's` }];
}
