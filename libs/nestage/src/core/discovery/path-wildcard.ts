/** A wildcard as the last segment, which stands for the rest of the path: `/files/*path`, or `/files/*` where nobody asks for that. */
const WILDCARD = /\/\*([A-Za-z_]\w*)?$/;

/** Name of the wildcard that a path ends with: `path` of `/files/*path`. @internal */
export const wildcardOf = (path: string): string | undefined => WILDCARD.exec(path)?.[1];

/** Whether a path has a wildcard that not every adapter understands, such as one before the end. @internal */
export const hasBadWildcard = (path: string): boolean => path.replace(WILDCARD, '').includes('*');
