export const BROWSERS: string[];
export const WEB_ALIASES: Record<string, string>;
