"""What a server answers: its header made plain, what that means, cookies, and pages for people."""
