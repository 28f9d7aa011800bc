// As much of topojson-client as the map is made with; it has no types of its own.
declare module 'topojson-client' {
  type Line = readonly (readonly number[])[];
  export type Shape =
    | { readonly type: 'Polygon'; readonly coordinates: readonly Line[] }
    | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly Line[])[] };
  export interface Country {
    /** ISO 3166-1, three digits. */
    readonly id?: string;
    readonly properties: { readonly name: string };
  }
  export interface Atlas {
    readonly objects: { readonly countries: { readonly geometries: readonly Country[] } };
  }
  export function merge(atlas: Atlas, of: readonly Country[]): Shape;
  export function feature(
    atlas: Atlas,
    of: Atlas['objects']['countries'],
  ): { readonly features: readonly { readonly properties: Country['properties']; readonly geometry: Shape }[] };
}
