/** Towns and airports of the basemap, for the search. */
export interface Named {
  name: string;
  latitude: number;
  longitude: number;
}

let named: Promise<Named[]> | null = null;

/** Return the places whose name begins with `wanted`, marks over letters aside; the largest first. */
export async function findPlaces(wanted: string, count: number): Promise<Named[]> {
  named ??= readPlaces();
  const key = plain(wanted);
  return (await named).filter((place) => plain(place.name).startsWith(key)).slice(0, Math.max(0, count));
}

async function readPlaces(): Promise<Named[]> {
  const basemap = await (await fetch("./basemap.json")).json();
  return [...basemap.towns.features, ...basemap.airports.features].map((feature) => ({
    name: feature.properties.n as string,
    longitude: feature.geometry.coordinates[0] as number,
    latitude: feature.geometry.coordinates[1] as number,
  }));
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toUpperCase();
}
