/** The name of the real videos among the methods. */
export const REAL = 'real';
