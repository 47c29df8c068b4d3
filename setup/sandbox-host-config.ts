/** The configuration of the sandbox host: the defaults, its own paths, and a short watch. */
export function sandboxHostConfig(): string {
  return `host:
  name: sandbox
  timezone: Europe/Paris
data:
  owner: { uid: 10001, gid: 10001 }
backups:
  external: /mnt/external
checks:
  login:
    url: http://127.0.0.1:3001/api/auth/login
    body: { username: smoke, password: "{password}" }
    passwordFile: /etc/fdts-ops/smoke-password
  upload:
    url: http://127.0.0.1:3001/api/files
    downloadUrl: "http://127.0.0.1:3001/api/files/{id}"
    deleteUrl: "http://127.0.0.1:3001/api/files/{id}"
performance:
  page: http://127.0.0.1:3001/api/files
incident:
  signedInUrl: http://127.0.0.1:3001/api/files
maintenance:
  watch: 5s
  stopTimeout: 10s
  healthTimeout: 15s
emergency:
  images: [fdts_app]
  scripts: /etc/fdts-ops/emergency.d
  scriptTimeout: 20s
  watch: 5s
weekly:
  unusedFor: 1s
  longestLock: 60000
  gainPercent: 0
  appSqlite: 3.53.2
`;
}
