/** Settings of one statement. They stand in its text: given to the client, chDB would keep them for every later one. */
export type Settings = Readonly<Record<string, string | number>>;

/** Settings as they stand behind SETTINGS. */
export function settingsText(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${typeof value === 'number' ? value : `'${value}'`}`)
    .join(', ');
}
