// Owns: that the writer of a route's answers is made when its first answer is written: making those of all routes takes a
// seventh of the processor time of a daemon's start. Does not own: how one is made (fastify's own compiler), the schemas.
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';

type Factory = ReturnType<typeof SerializerSelector>;
type Serialize = ReturnType<ReturnType<Factory>>;

const makeCompiler = SerializerSelector();

export const lazySerializers: Factory = (externalSchemas, options) => {
  const compile = makeCompiler(externalSchemas, options);
  return (route) => {
    let serialize: Serialize | undefined;
    return (answer) => {
      serialize ??= compile(route);
      return serialize(answer);
    };
  };
};
