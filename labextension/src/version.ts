/** The version of this half; the server's must be the same. */
export const VERSION = '0.1.0';
