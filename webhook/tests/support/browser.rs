//! A browser without JavaScript: it follows its cookie, the page's forms and their answers.

use reqwest::{Client, RequestBuilder, header, redirect::Policy};

use super::binary::Muykol;

pub struct Browser {
    http: Client,
    url: String,
    cookie: Option<String>,
}

/// What the browser shows.
pub struct Page {
    pub status: u16,
    pub html: String,
}

impl Page {
    /// The value of a hidden field.
    pub fn field(&self, name: &str) -> String {
        let (_, after) = self
            .html
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no field {name} in {}", self.html));
        after.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    pub fn at(muykol: &Muykol) -> Self {
        Self {
            http: Client::builder().redirect(Policy::none()).build().unwrap(),
            url: muykol.url.clone(),
            cookie: None,
        }
    }

    /// The same browser after the server was started again.
    pub fn moved_to(mut self, muykol: &Muykol) -> Self {
        self.url.clone_from(&muykol.url);
        self
    }

    pub async fn open(&mut self, path: &str) -> Page {
        self.follow(self.http.get(format!("{}{path}", self.url)))
            .await
    }

    /// Fills the page's form in, sends it, and shows where that leads.
    pub async fn say(&mut self, text: &str) -> Page {
        let page = self.open("/").await;
        let (token, id) = (page.field("form_token"), page.field("form_id"));
        self.submit(text, &token, &id).await
    }

    /// Sends a form with these hidden fields.
    pub async fn submit(&mut self, text: &str, token: &str, id: &str) -> Page {
        let fields = [("text", text), ("form_token", token), ("form_id", id)];
        let form = self
            .http
            .post(format!("{}/chat", self.url))
            .header(header::ORIGIN, &self.url)
            .form(&fields);
        self.follow(form).await
    }

    async fn follow(&mut self, mut request: RequestBuilder) -> Page {
        loop {
            request = request.header(header::ACCEPT, "text/html");
            if let Some(cookie) = &self.cookie {
                request = request.header(header::COOKIE, cookie);
            }
            let response = request.send().await.unwrap();
            if let Some(set) = response.headers().get(header::SET_COOKIE) {
                let set = set.to_str().unwrap();
                self.cookie = Some(set.split(';').next().unwrap().to_owned());
            }
            let Some(to) = response.headers().get(header::LOCATION) else {
                return Page {
                    status: response.status().as_u16(),
                    html: response.text().await.unwrap(),
                };
            };
            let path = to.to_str().unwrap().split('#').next().unwrap();
            request = self.http.get(format!("{}{path}", self.url));
        }
    }
}
