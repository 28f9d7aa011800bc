// The settler's name: there is one for the network. By itself, since a route that asks it imports no object.

export const SETTLER = 'settler';
