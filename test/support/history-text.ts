import proto, { type temporal } from '@temporalio/proto';

// The SDK's own conversion (proto-utils) fails: it and the types that it is given load two copies of protobufjs.
const { History } = proto.temporal.api.history.v1;

/** A history as text; `historyFrom` reads it again. */
export function historyText(history: temporal.api.history.v1.IHistory): string {
  return JSON.stringify(History.fromObject(history));
}

export function historyFrom(text: string): temporal.api.history.v1.History {
  return History.fromObject(JSON.parse(text));
}
