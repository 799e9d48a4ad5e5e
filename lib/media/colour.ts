/** A colour: `'#rrggbb'`, or red, green and blue from 0 to 255. */
export type Colour = string | readonly [red: number, green: number, blue: number];

/** What to put behind the transparent parts of a picture: a colour, or `'transparent'` to keep the opacity. */
export type Background = Colour | 'transparent';

/** The default background of transparent parts. */
export const WHITE = '#ffffff';
