import { choiceField, section, textField } from '../field.ts';
import { absolutePathField } from '../path-field.ts';

/** `accessLog`: where the proxy's access log is, and how its lines are written. */
export const accessLogSection = section({
  file: absolutePathField('/var/log/nginx/access.log')
    .nullable()
    .prefault(null)
    .describe(
      "The access log as a file of this host that the worker's user can read (group adm); null: the proxy's container logs it.",
    ),
  format: choiceField(['combined', 'json'])
    .prefault('combined')
    .describe("combined: nginx's own format. json: one JSON object per line."),
  timeField: textField('the name of a JSON field such as time', /^\S+$/)
    .prefault('time')
    .describe('json: the field with the time, in ISO 8601 or seconds since 1970.'),
  statusField: textField('the name of a JSON field such as status', /^\S+$/)
    .prefault('status')
    .describe('json: the field with the status of the answer.'),
  agentField: textField('the name of a JSON field such as http_user_agent', /^\S+$/)
    .prefault('http_user_agent')
    .describe('json: the field with the user agent; requests of fdts-ops itself are not counted.'),
})
  .prefault({})
  .describe("The proxy's access log, from which the error rate is measured.");
