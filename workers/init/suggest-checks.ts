import type { SiteFacts, Suggestion } from './site-facts.ts';

const NOT_PROVEN = 'Until then reports say "not proven" for it.';

/** `checks` of the first configuration: requests with a password cannot be guessed and stay with a person. Pure. */
export function suggestChecks(facts: SiteFacts): Suggestion[] {
  return [...health(facts), proxy(facts), login, upload];
}

function health({ health: { found }, roles, containers }: SiteFacts): Suggestion[] {
  if (found !== null) {
    const text = 'answers 2xx on loopback; an address that works while the proxy is stopped';
    const version: Suggestion =
      found.versionField === null
        ? { key: 'checks.versionField', value: null, how: 'guess', text: 'no version in that answer' }
        : { key: 'checks.versionField', value: found.versionField, how: 'found', text: 'in that answer' };
    return [{ key: 'checks.healthUrl', value: found.url, how: 'found', text }, version];
  }
  const app = containers.find(({ service }) => service === roles.app?.service);
  const inside = app?.exposedPorts[0] ?? 3001;
  const port = app?.publishedPorts[0]?.published || inside;
  const text =
    app !== undefined && app.publishedPorts.length === 0
      ? `the app publishes no port: publish it on loopback in the compose file (ports: ["127.0.0.1:${inside}:${inside}"]), and put the address there that answers 200 when the app is healthy`
      : 'no usual address answered: put the one there that answers 200 when the app is healthy';
  return [
    {
      key: 'checks.healthUrl',
      value: `http://127.0.0.1:${port}${app?.healthPaths[0] ?? '/api/health'}`,
      how: 'to do',
      text,
    },
    {
      key: 'checks.versionField',
      value: null,
      how: 'to do',
      text: "put the field of that answer's JSON there that holds the app's version, or leave null",
    },
  ];
}

function proxy({ proxyHealth: { found, redirected }, health: ofApp, roles }: SiteFacts): Suggestion {
  const key = 'checks.proxyUrl';
  if (found !== null) {
    return { key, value: found.url, how: 'found', text: 'answers 2xx through the proxy' };
  }
  const path = ofApp.found === null ? '/api/health' : new URL(ofApp.found.url).pathname;
  const text = redirected
    ? 'the proxy answers with a redirect, as to https: put the public https address there'
    : roles.proxy === null
      ? 'put the address of users there (with the proxy that is none of the services), or that of the app'
      : `put the address there that answers 200 through ${roles.proxy.service}`;
  return { key, value: `http://127.0.0.1${path}`, how: 'to do', text };
}

const login: Suggestion = {
  key: 'checks.login',
  value: null,
  how: 'to do',
  text: `say how a test user logs in, as below, with the password in a file (install -m 0640 -g fdts-ops). ${NOT_PROVEN}`,
};

const upload: Suggestion = {
  key: 'checks.upload',
  value: null,
  how: 'to do',
  text: `say how a file is uploaded, as below. ${NOT_PROVEN}`,
};
