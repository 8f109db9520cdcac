/** A foreign name within a sentence. Pure. */
export const quoted = (text: string): string => `“${text}”`
