/** What a person does about a weekly step that was left out. */
export const WEEKLY_ANEW =
  'once the cause is mended: fdts-ops start weeklyMaintenance, which asks for an approval';
