/** Folders hand their group on to what is made in them: sites whose proxy reads the uploads as another user rest on it. */
export const SETGID = 0o2000;

/**
 * What a backup and a restore keep of a mode: all permissions as they are; setgid of folders. What would run a file of
 * users as somebody else (setuid, setgid of files) goes, and so does sticky: the owner of the data could not move it.
 */
export function keptMode(mode: number, isFolder: boolean): number {
  return mode & (isFolder ? SETGID | 0o777 : 0o777);
}
