// Loaded before Etherpad 1.8.14 (`node --require`): gives it the fourth socket.io, which Etherpad 2 and 3 speak, in the place of its
// own second one. What that one had and this one has not, is put in its place; and what newer Etherpads refuse, is refused:
//
//   SOCKETIO=FOLDER node --require etherpad-socket4.js node/server.js
'use strict';
const Module = require('module');
const path = require('path');
const folder = path.join(process.env.SOCKETIO, 'node_modules/socket.io/dist');
const {Server, Socket} = require(path.join(folder, 'index.js'));
const {BroadcastOperator} = require(path.join(folder, 'broadcast-operator.js'));

// `socket.json.send(…)` and `io.in(room).json.send(…)`.
for (const kind of [Socket, BroadcastOperator]) {
  Object.defineProperty(kind.prototype, 'json', {
    get() { return {send: (message) => this.emit('message', message)}; },
  });
}

// Rooms were objects once: `rooms[name].sockets[id]`, and `connected[id]`.
const asObject = (map, shape) => new Proxy(map, {
  get: (target, key) => {
    if (target.has(key)) return shape(target.get(key));
    const own = Reflect.get(target, key);
    return typeof own === 'function' ? own.bind(target) : own;
  },
});
const asBefore = (io) => {
  const space = io.sockets;
  space.adapter.rooms = asObject(space.adapter.rooms, (ids) =>
    ({sockets: Object.fromEntries([...ids].map((id) => [id, true]))}));
  space.connected = asObject(space.sockets, (socket) => socket);
};

// Since Etherpad 3, whatever is inserted must say who wrote it.
const hasAuthors = ({changeset, apool}) => {
  const operations = changeset.slice(0, changeset.indexOf('$')).replace(/^Z:[0-9a-z]+[><][0-9a-z]+/, '');
  const isAuthor = (number) => (apool.numToAttrib[parseInt(number, 36)] || [])[0] === 'author';
  for (const [, attributes, sign] of operations.matchAll(/((?:\*[0-9a-z]+)*)(?:\|[0-9a-z]+)?([-+=])[0-9a-z]+/g)) {
    const named = attributes.split('*').slice(1);
    if (sign === '+' && !named.some(isAuthor)) return false;
  }
  return true;
};
const strict = (socket, next) => {
  socket.use(([, message], pass) => {
    const data = (message || {}).data || {};
    if (data.type !== 'USER_CHANGES' || hasAuthors(data)) return pass();
    console.error(`an insert without an author: ${data.changeset}`);
    socket.emit('message', {disconnect: 'badChangeset'});
  });
  next();
};

// What Etherpad 1.8 calls its transports, nobody knows any more; these are those of Etherpad 2.
const transports = ['websocket', 'polling'];

const fourth = () => ({
  listen: (server, options) => {
    const io = new Server(server, {...options, transports});
    if (io.engine.opts.allowEIO3) throw new Error('it would speak the old form, too');
    asBefore(io);
    io.use(strict);
    console.error('socket.io 4');
    return io;
  },
});

// Since 1.9, a change is only taken from whom everything before it was sent to; and in newer ones only if the pad still ends with a
// new line after it. Whoever sends another one is thrown off.
const stricter = (Pad) => {
  const append = Pad.prototype.appendRevision;
  Pad.prototype.appendRevision = async function (changeset, author) {
    const {sessioninfos} = require(path.resolve('node/handler/PadMessageHandler.js'));
    const {applyToText} = require(path.resolve('static/js/Changeset.js'));
    const writers = Object.values(sessioninfos).filter((one) => author && one.padId === this.id && one.author === author);
    if (writers.length > 0) {
      const refused = !writers.some((one) => one.rev === this.head) ? 'ahead of what its writer was told'
        : !applyToText(changeset, this.text()).endsWith('\n') ? 'that takes the last new line' : null;
      if (refused) {
        console.error(`a change ${refused}: ${changeset}`);
        throw new Error(refused);
      }
    }
    return append.call(this, changeset, author);
  };
};

const load = Module._load;
let patched = false;
Module._load = function (name, ...rest) {
  if (name === 'socket.io') return fourth;
  const loaded = load.call(this, name, ...rest);
  if (!patched && name.endsWith('/Pad') && loaded.Pad) {
    patched = true;
    stricter(loaded.Pad);
    console.error('stricter changes');
  }
  return loaded;
};
