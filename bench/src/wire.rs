//! Just enough of HTTP/1.1 for both ends of a load test: kept-alive connections, bodies of a
//! stated length, nothing else. It costs a few microseconds where a full client or server costs
//! tens, so that what is measured is muykol and not the load.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// One end of a connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

/// A request or a response.
pub struct Message {
    /// The first line: `POST /path HTTP/1.1` or `HTTP/1.1 200 OK`.
    pub first_line: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// A response's status code.
    pub fn status(&self) -> Option<u16> {
        self.first_line.split(' ').nth(1)?.parse().ok()
    }

    /// A request's path.
    pub fn path(&self) -> &str {
        self.first_line.split(' ').nth(1).unwrap_or_default()
    }
}

impl Connection {
    /// Takes over an accepted connection.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Connects.
    pub async fn open(to: SocketAddr) -> io::Result<Self> {
        Self::new(TcpStream::connect(to).await?)
    }

    /// Posts JSON and reads the response.
    pub async fn post(&mut self, path: &str, headers: &str, body: &[u8]) -> io::Result<Message> {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{headers}\
             content-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.stream.write_all(&request).await?;
        self.read().await?.ok_or_else(|| {
            io::Error::new(io::ErrorKind::UnexpectedEof, "closed before the response")
        })
    }

    /// Answers a request with JSON.
    pub async fn respond(&mut self, body: &str) -> io::Result<()> {
        let response = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(response.as_bytes()).await
    }

    /// Reads the next message; `None` where the other end has closed.
    pub async fn read(&mut self) -> io::Result<Option<Message>> {
        let mut head = Vec::with_capacity(512);
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read_until(b'\n', &mut head).await? == 0 {
                return Ok(None);
            }
        }
        let head = String::from_utf8_lossy(&head);
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, length)| length.trim().parse().ok())
            .unwrap_or(0);
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(Some(Message {
            first_line: head.lines().next().unwrap_or_default().to_owned(),
            body,
        }))
    }
}
