// What operators put before a server, for tests: it speaks TLS with a certificate of a private CA, and lets in whoever says this
// user and password. What it let in, the server behind it does not see. Says its port; ends when its input ends.
//
//   node front.js PORT [CERTIFICATE KEY [USER:PASSWORD]]
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const [port, cert, key, who] = process.argv.slice(2);
const wanted = who && `Basic ${Buffer.from(who).toString('base64')}`;

const pass = (from, to) => {
  if (wanted) {
    if (from.headers.authorization !== wanted) {
      to.writeHead(401, {'WWW-Authenticate': 'Basic realm="front"'});
      return to.end('Authorization Required');
    }
    delete from.headers.authorization;
  }
  const behind = http.request({port, host: '127.0.0.1', method: from.method, path: from.url, headers: from.headers}, (answer) => {
    to.writeHead(answer.statusCode, answer.headers);
    answer.pipe(to);
  });
  behind.on('error', () => to.destroy());
  to.on('close', () => behind.destroy());
  from.pipe(behind);
};

const server = cert
  ? https.createServer({cert: fs.readFileSync(cert), key: fs.readFileSync(key)}, pass)
  : http.createServer(pass);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
