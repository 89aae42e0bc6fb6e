// A person at the keyboard, for tests: types a word of their own every so often into a pad, with the changesets and the socket
// of the Etherpad it is given, as a browser does; with the socket in SOCKETIO, where that is set. Ends when its input ends, and says
// what became of it:
//
//   [SOCKETIO=FOLDER] node etherpad-typist.js FOLDER URL PAD NAME MILLISECONDS inside|below
'use strict';
const [folder, url, pad, name, every, where] = process.argv.slice(2);
const path = require('path');
const Changeset = require(path.join(folder, 'src/static/js/Changeset.js'));
const AttributePool = require(path.join(folder, 'src/static/js/AttributePool.js'));
const sockets = process.env.SOCKETIO;
const io = require(path.join(sockets ? `${sockets}/node_modules` : `${folder}/src/node_modules/socket.io/node_modules`, 'socket.io-client'));

const pool = new AttributePool();
const typed = [];
let author, text, revision, sent = null, kicked = null, stopping = false, tellReady;
const socket = io(url, {path: '/socket.io', transports: ['polling'], query: {padId: pad}, reconnection: false});

const tell = () => {
  console.log(JSON.stringify({typed, kicked, text}));
  process.exit(0);
};

const ready = () => socket.emit('message', {
  component: 'pad', type: 'CLIENT_READY', padId: pad, sessionID: 'null', password: null,
  token: `t.${name}${Math.random().toString(36).slice(2)}`, protocolVersion: 2,
  userInfo: {colorId: '#aaaaff', name},
});

const type = () => {
  if (kicked || stopping || sent) return;
  const word = `${name}${typed.length}`;
  const line = text.indexOf(`${name}:`);
  let at, insert;
  if (line >= 0) {
    at = text.indexOf('\n', line);
    insert = ` ${word}`;
  } else {
    // Below: the last line. Inside: after the first line of the pad.
    at = where === 'inside' && text.length > 1 ? text.indexOf('\n') : text.length - 1;
    insert = `\n${name}: ${word}`;
  }
  sent = Changeset.makeSplice(text, at, 0, insert, [['author', author]], pool);
  typed.push(word);
  // Only the attributes that it names: a server takes messages of a few kilobytes.
  const {translated, pool: named} = Changeset.prepareForWire(sent, pool);
  socket.emit('message', {
    component: 'pad', type: 'COLLABROOM',
    data: {type: 'USER_CHANGES', baseRev: revision, changeset: translated, apool: named.toJsonable()},
  });
};

socket.on('connect', ready);
socket.on('disconnect', (reason) => { kicked = kicked || `disconnected: ${reason}`; if (stopping) tell(); });
socket.on('message', (message) => {
  if (message.disconnect) { kicked = message.disconnect; return; }
  if (message.accessStatus) { kicked = message.accessStatus; return; }
  if (message.type === 'CLIENT_VARS') {
    author = message.data.userId;
    text = message.data.collab_client_vars.initialAttributedText.text;
    revision = message.data.collab_client_vars.rev;
    console.log('ready');
    setInterval(type, Number(every));
    return;
  }
  if (message.type !== 'COLLABROOM') return;
  const data = message.data;
  if (data.type === 'ACCEPT_COMMIT') {
    text = Changeset.applyToText(sent, text);
    sent = null;
    revision = data.newRev;
    if (stopping) tell();
  } else if (data.type === 'NEW_CHANGES') {
    const wire = new AttributePool().fromJsonable(data.apool);
    const theirs = Changeset.moveOpsToNewPool(data.changeset, wire, pool);
    if (sent) sent = Changeset.follow(theirs, sent, false, pool);
    text = Changeset.applyToText(theirs, text);
    revision = data.newRev;
  }
});

process.stdin.resume();
process.stdin.on('end', () => {
  stopping = true;
  if (!sent || kicked) tell();
});
