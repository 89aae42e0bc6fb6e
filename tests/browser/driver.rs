//! A Chromium that is led by its own protocol, over two pipes: it types, presses keys and clicks as a person would. Scripts of
//! pages are turned off, so whatever works here works without.

use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

/// After so long it is ended, and whoever waits for it fails.
const SECONDS_MAX: &str = "120";

/// The browser; it ends when it is dropped.
pub struct Driver {
    to: File,
    from: BufReader<File>,
    child: Child,
    last: u64,
    _folder: tempfile::TempDir,
}

/// Somebody's window, with cookies of its own.
pub struct Window<'a> {
    driver: &'a mut Driver,
    session: String,
}

impl Driver {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let made = Command::new("mkfifo").args([path("in"), path("out")]).status().unwrap();
        assert!(made.success());
        // The third and the fourth file of a program are for this; a shell opens them.
        let script = "exec timeout \"$1\" chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
                      --disable-background-networking --disable-component-update --disable-sync \
                      --remote-debugging-pipe --user-data-dir=\"$0/profile\" about:blank 3<\"$0/in\" 4>\"$0/out\"";
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg(folder.path()).arg(SECONDS_MAX);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let to = File::options().write(true).open(path("in")).unwrap();
        let from = BufReader::new(File::open(path("out")).unwrap());
        Self { to, from, child, last: 0, _folder: folder }
    }

    /// A window of somebody else.
    pub fn window(&mut self) -> Window<'_> {
        let context = self.call(None, "Target.createBrowserContext", &json!({}))["browserContextId"].clone();
        let target = json!({"url": "about:blank", "browserContextId": context});
        let target = self.call(None, "Target.createTarget", &target)["targetId"].clone();
        let attached = self.call(None, "Target.attachToTarget", &json!({"targetId": target, "flatten": true}));
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let mut window = Window { driver: self, session };
        window.call("Page.enable", &json!({}));
        window.call("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
        window
    }

    fn call(&mut self, session: Option<&str>, method: &str, params: &Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        let id = self.last;
        let answer = self.heard(|message| message["id"] == id);
        assert!(answer["error"].is_null(), "{method} {params}: {answer}");
        answer["result"].clone()
    }

    fn heard(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "chromium is gone; tests/all installs it");
            let message: Value = serde_json::from_slice(&bytes).unwrap();
            if is_it(&message) {
                return message;
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.to.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let _ = self.child.wait();
    }
}

impl Window<'_> {
    fn call(&mut self, method: &str, params: &Value) -> Value {
        let session = self.session.clone();
        self.driver.call(Some(&session), method, params)
    }

    fn loaded(&mut self) {
        let session = self.session.clone();
        self.driver
            .heard(|message| message["method"] == "Page.loadEventFired" && message["sessionId"] == session.as_str());
    }

    /// Goes to an address, and waits until the page is there.
    pub fn go(&mut self, url: &str) {
        self.call("Page.navigate", &json!({"url": url}));
        self.loaded();
    }

    /// What this expression is on the page.
    pub fn read(&mut self, expression: &str) -> Value {
        let found = self.call("Runtime.evaluate", &json!({"expression": expression, "returnByValue": true}));
        assert!(found["exceptionDetails"].is_null(), "{expression}: {found}");
        found["result"]["value"].clone()
    }

    /// The text that people see there.
    pub fn text(&mut self, selector: &str) -> String {
        let all = format!("[...document.querySelectorAll({})].map(it => it.textContent).join('\\n')", json!(selector));
        let text = self.read(&all);
        text.as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn focus(&mut self, selector: &str) {
        let selector = json!(selector);
        // What is folded away is unfolded first, as a person would.
        let script = format!(
            "(() => {{ const it = document.querySelector({selector}); if (!it) return 'none';
              for (let at = it; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
              it.focus(); return document.activeElement === it ? 'focused' : 'not focused'; }})()"
        );
        let state = self.read(&script);
        assert_eq!(state, "focused", "{selector}: {}", self.read("document.body.innerText"));
    }

    /// Types into a field, in place of what is there.
    pub fn write(&mut self, selector: &str, text: &str) {
        self.focus(selector);
        self.read(&format!("document.querySelector({}).select()", json!(selector)));
        self.call("Input.insertText", &json!({"text": text}));
    }

    /// Chooses one of several.
    pub fn choose(&mut self, selector: &str, value: &str) {
        self.focus(selector);
        let (selector, value) = (json!(selector), json!(value));
        let chosen = self.read(&format!(
            "(document.querySelector({selector}).value = {value}) && document.querySelector({selector}).value"
        ));
        assert_eq!(chosen, value, "no such choice in {selector}");
    }

    /// Presses a key where the focus is; a page follows.
    pub fn enter(&mut self) {
        let key = |kind: &str| json!({"type": kind, "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13});
        self.call("Input.dispatchKeyEvent", &key("keyDown"));
        self.call("Input.dispatchKeyEvent", &key("keyUp"));
        self.loaded();
    }

    /// Goes to a button by keyboard, and presses it; a page follows.
    pub fn press(&mut self, selector: &str) {
        self.focus(selector);
        self.enter();
    }
}
