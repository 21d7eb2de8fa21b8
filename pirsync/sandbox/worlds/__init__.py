"""What a sandbox can begin with: a dozen incidents told as stories, a world of any size, or recorded Jira answers."""
