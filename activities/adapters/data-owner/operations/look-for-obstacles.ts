import { explainFailure } from '../files/explain-failure.ts';
import { findObstacles, type Obstacle } from '../restore/require-movable.ts';

/** What would keep a restore from being made, whichever backup it is of. Reads only, and no more than the names in the uploads folder. */
export async function lookForObstacles(place: Parameters<typeof findObstacles>[0]): Promise<Obstacle[]> {
  try {
    return await findObstacles(place);
  } catch (cause) {
    throw explainFailure('lookForObstacles', cause, place.database);
  }
}
