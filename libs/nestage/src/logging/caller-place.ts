import { basename } from 'node:path';

/** Code that stands between whoever logs and the line: this room, the loggers of core, and Nest's own Logger. */
const BETWEEN =
  /[\\/](?:logging[\\/](?:service-log-writer|line-format|nest-logger|caller-place)|core[\\/]log[\\/][\w-]+|@nestjs[\\/]common[\\/].*logger[\w.-]*)\.[jt]s:/;
const PLACE = /^(.*?):(\d+)(?::\d+)?\)?$/;

/**
 * `file.js:12` of the code that logs. Reads the stack, which costs some 10 microseconds.
 * @internal
 */
export function callerPlace(): string | undefined {
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  const frame = frames.find((line) => !BETWEEN.test(line));
  const [, path, line] = PLACE.exec(frame?.trim() ?? '') ?? [];
  return path === undefined ? undefined : `${basename(path.replace(/^.*[( ]/, ''))}:${line}`;
}
