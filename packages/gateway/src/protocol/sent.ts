/** An answer as a method gives it: what JSON leaves out may as well be there and undefined. */
export type Sent<T> = T extends object
  ? { readonly [Key in keyof T]: Sent<T[Key]> | (object extends Pick<T, Key> ? undefined : never) }
  : T;
